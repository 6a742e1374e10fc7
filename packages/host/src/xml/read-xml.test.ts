import { attribute, childElements, textOf } from "@evenkeel/core/xml/element.ts";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { codedError } from "../../testing/expect-error.ts";
import { readXml, xmlLimits } from "./read-xml.ts";

test("elements, attributes and text are read in their order", () => {
  const root = readXml(
    `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE topology SYSTEM "hwloc2.dtd">
<!-- a comment --><a x="1" b="&lt;&amp;&#x41;">one<b/><![CDATA[<two>]]><?pi?><qemu:c __proto__="9"/></a>`,
    "a.xml",
  );
  expect(root.name).toBe("a");
  expect([...root.attributes]).toEqual([
    ["x", "1"],
    ["b", "<&A"],
  ]);
  expect(textOf(root)).toBe("one<two>");
  expect(childElements(root).map(({ name }) => name)).toEqual(["b", "qemu:c"]);
  expect(childElements(root).map((e) => attribute(e, "__proto__"))).toEqual([null, "9"]);
});

test("a malformed document is refused with the place of the error", async () => {
  const bad: [string, RegExp, string][] = [
    ["<a>\n  <b>\n</a>", /unexpected close tag/, "a.xml:3:4"],
    ["<a>\n<b x='1'", /unexpected end|unclosed tag/, "a.xml:2:8"],
    ["<a x='1' x='2'/>", /duplicate attribute: x/, "a.xml:1:16"],
    ["<a>&nbsp;</a>", /undefined entity/, "a.xml:1:9"],
    ["<a>x & y</a>", /./, "a.xml:1:"],
    ["<a b=1/>", /unquoted attribute value/, "a.xml:1:"],
    ["<a/><b/>", /only one root/, "a.xml:1:"],
    ["<a>\0</a>", /disallowed character/, "a.xml:1:"],
    ["just text", /text data outside of root node/, "a.xml:1:"],
    ["", /./, "a.xml:1:"],
    ["<!-- nothing else -->", /./, "a.xml:1:"],
  ];
  for (const [text, message, place] of bad) {
    const error = await codedError("xml-malformed", () => readXml(text, "a.xml"));
    expect(error.message, text).toMatch(message);
    expect(error.message).not.toMatch(/^\d+:\d+/);
    expect(error.where?.startsWith(place), `${error.where} ${text}`).toBe(true);
  }
});

test("entities of its own, nested or external, make a document unsafe", async () => {
  const lol = [...Array(9).keys()].map((i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`);
  const declarations = [
    `<!ENTITY l0 "lol">${lol.join("")}`,
    `<!ENTITY x SYSTEM "file:///etc/passwd">`,
    `<!ELEMENT a ANY><!ENTITY % p SYSTEM "http://localhost/evil.dtd"> %p;`,
  ];
  for (const inside of declarations) {
    const text = `<!DOCTYPE a [${inside}]>\n<a>&l9;</a>`;
    const error = await codedError("xml-unsafe", () => readXml(text, "bomb.xml"));
    expect(error.message).toBe("declares entities of its own");
  }
  expect(readXml(`<!DOCTYPE a [<!ELEMENT a ANY>]><a/>`, "a.xml").name).toBe("a");
});

test("too deep nesting, too many elements and too large documents are refused early", async () => {
  const bombs = [
    "<a>".repeat(100_000),
    `<a>${"<b/>".repeat(xmlLimits.elements)}</a>`,
    `<a ${[...Array(100_000).keys()].map((i) => `x${i}='1'`).join(" ")}/>`,
  ];
  for (const bomb of bombs) await codedError("xml-unsafe", () => readXml(bomb, "bomb.xml"));
  const large = `<a>${" ".repeat(xmlLimits.bytes)}</a>`;
  await codedError("file-too-large", () => readXml(large, "large.xml"));
  await codedError("xml-malformed", () => readXml("x".repeat(10 * MiB), "line.xml"));
  await codedError("xml-malformed", () => readXml(`<a b="${"x".repeat(10 * MiB)}`, "line.xml"));
});

test("any text is read, or refused with a code", () => {
  const piece = fc.constantFrom(
    "<",
    ">",
    "/",
    "a",
    "=",
    '"',
    "&",
    ";",
    "!",
    "[",
    "]",
    "-",
    "?",
    " ",
    "\n",
    "<!DOCTYPE",
    "<![CDATA[",
    "<?xml",
    "\u{1F600}",
    "\uD800",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      try {
        expect(readXml(pieces.join(""), "any").name).not.toBe("");
      } catch (error) {
        expect(error).toMatchObject({
          name: "EvenkeelError",
          code: expect.stringMatching(/^xml-/),
        });
      }
    }),
  );
});
