import { expect, test } from "vitest";
import { EvenkeelError } from "../error/evenkeel-error.ts";
import { element } from "./element.ts";
import { writeXml } from "./write.ts";

test("elements stand on lines of their own and text stays as it is", () => {
  const tree = element("domain", { type: "kvm" }, [
    element("name", {}, ["a & b"]),
    element("cpu", { mode: "host-passthrough" }, [element("topology", { sockets: 2 })]),
    element("note", {}, ["see ", element("b", {}, ["this"]), " >"]),
  ]);
  expect(writeXml(tree)).toBe(`<domain type='kvm'>
  <name>a &amp; b</name>
  <cpu mode='host-passthrough'>
    <topology sockets='2'/>
  </cpu>
  <note>see <b>this</b> &gt;</note>
</domain>
`);
});

test("attributes keep quotes and white space", () => {
  expect(writeXml(element("a", { b: `'"<&>\t\n\r` }))).toBe(
    `<a b='&apos;"&lt;&amp;&gt;&#9;&#10;&#13;'/>\n`,
  );
});

test("attributes stand in double quotes where the reader knows no others", () => {
  expect(writeXml(element("a", { b: `'"<` }, [element("c", { d: 1 })]), '"')).toBe(
    `<a b="'&quot;&lt;">\n  <c d="1"/>\n</a>\n`,
  );
});

test.each([
  ["U+0000", "\u0000"],
  ["U+001B", "\u001b[31m"],
  ["U+FFFE", "\ufffe"],
  ["U+D800", "a\ud800b"],
])("%s is refused: XML cannot hold it, escaped or not", (code, text) => {
  for (const tree of [element("a", {}, [text]), element("a", { b: text })]) {
    expect(() => writeXml(tree)).toThrow(new RegExp(code.replace("+", "\\+")));
  }
});

test.each(["", "1a", "a b", "a><b", "a:b:c", "xmlns:"])("%j is refused as a name", (name) => {
  expect(() => writeXml(element(name))).toThrow(EvenkeelError);
  expect(() => writeXml(element("a", { [name]: 1 }))).toThrow(EvenkeelError);
});
