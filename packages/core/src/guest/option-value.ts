/**
 * A value within an option of QEMU's, in which a comma ends it and two are one (qemu(1), -drive).
 */
export function optionValue(text: string): string {
  return text.replaceAll(",", ",,");
}
