/** The forms in which a guest can be written down. */
export const renderings = [
  "libvirt",
  "qemu",
  "kubevirt",
  "nccl",
  "contract",
  "cloud-init",
] as const;
export type Rendering = (typeof renderings)[number];
