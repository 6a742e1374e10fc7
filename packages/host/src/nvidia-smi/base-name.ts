/** A machine's name where its source gives none: the file's name without folder and extension. */
export function baseName(where: string): string {
  return where.slice(where.lastIndexOf("/") + 1).replace(/\.[A-Za-z]{1,5}$/, "");
}
