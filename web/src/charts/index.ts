export { Bar } from './bar.tsx'
export { Performance } from './performance.tsx'
export { Spark } from './spark.tsx'
