/** Real QEMU hosts on one machine and the images they boot: a product feature and our test bed; nothing imports it. */
export { type ImagesOptions, imagesCommand } from './images/command.ts'
export { imagesFolder, readManifest, type TinyManifest } from './images/manifest.ts'
export { type BuildOptions, buildTiny, type TinyImage } from './images/tiny.ts'
