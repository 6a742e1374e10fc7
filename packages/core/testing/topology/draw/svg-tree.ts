import { at } from "../../../src/unit/list.ts";

/** An element of a drawing with everything that can be read in it. */
export interface SvgPart {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly parts: readonly SvgPart[];
  /** The texts and tooltips in it, its parts' included, each on a line of its own. */
  readonly text: string;
}

const entities: Readonly<Record<string, string>> = {
  "&lt;": "<",
  "&gt;": ">",
  "&amp;": "&",
  "&apos;": "'",
  "&quot;": '"',
};
const plain = (text: string): string =>
  text.replaceAll(/&(?:lt|gt|amp|apos|quot);/g, (one) => entities[one] ?? one);

/**
 * Reads a drawing as a reader without its layout would: elements, and their texts. It knows the
 * XML that our writer writes, no other.
 */
export function svgTree(svg: string): SvgPart {
  type Open = { name: string; attributes: Map<string, string>; parts: SvgPart[]; texts: string[] };
  const root: Open = { name: "", attributes: new Map(), parts: [], texts: [] };
  const stack = [root];
  for (const [, tag = "", text = ""] of svg.matchAll(/<([^>]+)>|([^<]+)/g)) {
    const top = at(stack, stack.length - 1);
    const close = (): void => {
      const done = at(stack, stack.length - 1);
      stack.pop();
      const isLine = done.name === "text" || done.name === "title" || done.name === "style";
      const joined = done.name === "style" ? "" : done.texts.join(isLine ? "" : "\n");
      at(stack, stack.length - 1).texts.push(joined);
      at(stack, stack.length - 1).parts.push({ ...done, text: joined });
    };
    if (tag === "") {
      const inText = ["text", "tspan", "title", "desc"].includes(top.name);
      if (inText) top.texts.push(plain(text));
    } else if (tag.startsWith("/")) close();
    else {
      const [name = ""] = tag.split(/[\s/]/);
      const found = [...tag.matchAll(/([\w-]+)='([^']*)'/g)];
      const attributes = new Map(found.map(([, key = "", value = ""]) => [key, plain(value)]));
      stack.push({ name, attributes, parts: [], texts: [] });
      if (tag.endsWith("/")) close();
    }
  }
  return { ...root, text: root.texts.join("\n") };
}

/** The elements that satisfy a condition, in the order they are drawn. */
export function partsWhere(of: SvgPart, wanted: (part: SvgPart) => boolean): readonly SvgPart[] {
  return [...(wanted(of) ? [of] : []), ...of.parts.flatMap((part) => partsWhere(part, wanted))];
}

/** The elements with a `data-` attribute, and its value. */
export function partsAbout(of: SvgPart, key: string): ReadonlyMap<string, SvgPart> {
  const found = partsWhere(of, ({ attributes }) => attributes.has(`data-${key}`));
  return new Map(found.map((part) => [part.attributes.get(`data-${key}`) ?? "", part]));
}
