/**
 * What the reference says of a document's fields, beside the schemas and loaded only by those who
 * print it: descriptions inside the schemas would be made anew by every command that reads a
 * document. The types demand a text for every field of the type that a schema has, so a field
 * without one does not compile.
 */

/** An object of a document: its name, what it is, and each of its fields. */
export interface ObjectText<T> {
  /** The heading on the page, in the singular. */
  readonly title: string;
  /** One or a few sentences. */
  readonly about: string;
  /** Of an object with variants, the fields of all of them. */
  readonly fields: { readonly [Name in FieldOf<T>]-?: FieldText<ValueOf<T, Name>> };
}

/**
 * A field with an object or a list of objects refers to the object's text; any other has an
 * example.
 */
export type FieldText<T> = [IsPlain<NonNullable<T>>] extends [true]
  ? PlainText<NonNullable<T>>
  : readonly [meaning: string, object: ObjectText<Exclude<ItemOf<NonNullable<T>>, Plain>>];

type Plain = string | number | boolean;

/**
 * A field with a value of its own: what it means, a valid example, and what the schema cannot say.
 */
export type PlainText<T> = readonly [meaning: string, example: T, more?: More];

/** What a schema cannot say of a field. */
export interface More {
  /** The unit of a number whose name does not end in it: `pages`, `vCPUs`. */
  readonly unit?: string;
  /** What a field that is left out stands for, where another module decides that. */
  readonly default?: string | number | boolean | null;
  /** The same in words, where it is no value. */
  readonly otherwise?: string;
}

/** Texts as programs read them, whatever they are of. */
export interface AnyObjectText {
  readonly title: string;
  readonly about: string;
  readonly fields: Readonly<Record<string, AnyFieldText>>;
}

/** A field's text, whatever it is of. */
export type AnyFieldText = readonly [meaning: string, exampleOrObject: unknown, more?: More];

/** Whether a field refers to an object's text: otherwise it has an example. */
export function isObjectText(exampleOrObject: unknown): exampleOrObject is AnyObjectText {
  return (
    exampleOrObject !== null && typeof exampleOrObject === "object" && "fields" in exampleOrObject
  );
}

type FieldOf<T> = T extends unknown ? Extract<keyof T, string> : never;
type ValueOf<T, Name> = T extends unknown ? (Name extends keyof T ? T[Name] : never) : never;
type ItemOf<T> = T extends readonly (infer Item)[] ? ItemOf<Item> : T;
type IsPlain<T> = [ItemOf<T>] extends [Plain] ? true : false;

/** Makes a text; what it is of must be given. */
export function objectText<T>(
  title: string,
  about: string,
  fields: ObjectText<T>["fields"],
): ObjectText<T> {
  return { title, about, fields };
}

/** The first two fields of every document. */
export function head<Kind extends string>(
  kind: Kind,
): {
  readonly apiVersion: PlainText<"evenkeel/v1">;
  readonly kind: readonly [string, Kind];
} {
  return {
    apiVersion: ["The version of the document's form.", "evenkeel/v1"],
    kind: ["What kind of document it is.", kind],
  };
}
