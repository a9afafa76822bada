/** Whether packages may be installed without asking: `--yes`, or ROOKERY_YES for scripts and CI. */
export const saysYes = (option: boolean | undefined, env: NodeJS.ProcessEnv = process.env): boolean =>
  option === true || (env.ROOKERY_YES !== undefined && env.ROOKERY_YES !== '' && env.ROOKERY_YES !== '0')
