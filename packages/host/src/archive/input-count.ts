/** How many bytes a decompressor has been given so far. */
export interface InputCount {
  consumedBytes: number;
}
