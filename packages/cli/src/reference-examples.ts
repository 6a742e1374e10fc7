/** A worked example of the reference. */
export interface ReferenceExample {
  readonly kind: string;
  readonly file: string;
  readonly title: string;
  readonly says: string;
  readonly command: readonly string[];
}

export const referenceExamples: readonly ReferenceExample[] = [];
