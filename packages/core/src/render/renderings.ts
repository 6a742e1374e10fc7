/** The forms in which a guest can be written down. */
export const renderings = [
  "libvirt",
  "qemu",
  "kubevirt",
  "nccl",
  "contract",
  "cloud-init",
] as const;
/** The name of a form. */
export type Rendering = (typeof renderings)[number];
