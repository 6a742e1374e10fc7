import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { RuntimeDependency } from "./runtime-dependencies.ts";

/** Texts of licenses that some packages name without having a file with them. */
const texts: Readonly<Record<string, string>> = {
  "Apache-2.0": "On Debian systems the text is in /usr/share/common-licenses/Apache-2.0.",
  ISC: `Permission to use, copy, modify, and/or distribute this software for any
purpose with or without fee is hereby granted, provided that the above
copyright notice and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH
REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF MERCHANTABILITY
AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT,
INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM
LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF CONTRACT, NEGLIGENCE OR
OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR
PERFORMANCE OF THIS SOFTWARE.`,
  MIT: `Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.`,
};

/**
 * `copyright` of the Debian package, in the form that machines read: who has the rights in each
 * part of it, and on what terms. `below` is where the package has its modules.
 */
export function debCopyright(dependencies: readonly RuntimeDependency[], below: string): string {
  return [
    "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n",
    part("*", ["The Evenkeel maintainers"], "Apache-2.0", text("Apache-2.0")),
    part(
      "usr/lib/evenkeel/bin/node",
      ["Node.js contributors and those of the libraries in it"],
      "Node.js",
      "The terms of Node.js and of all libraries in it are in\n" +
        "/usr/share/doc/evenkeel/node-terms.txt.gz.",
    ),
    ...dependencies.map(partOf(below)),
  ].join("\n");
}

const partOf =
  (below: string) =>
  ({ name, license, folder }: RuntimeDependency): string => {
    const file = readdirSync(folder).find((entry) => /^licen[cs]e(\.|$)/i.test(entry));
    const own = file === undefined ? null : readFileSync(join(folder, file), "utf8");
    const holders = [...(own ?? "").matchAll(/^\s*copyright .*$/gim)].map(([line]) =>
      line.trim().replace(/^copyright (\(c\)|&copy;)?\s*/i, ""),
    );
    const some = holders.length > 0 ? holders : [`the authors of ${name}`];
    return part(`${below}/${name}/*`, some, license, own ?? text(license));
  };

function part(files: string, holders: readonly string[], license: string, terms: string): string {
  const lines = terms.trim().split("\n");
  return [
    `Files: ${files}`,
    `Copyright: ${holders.join("\n           ")}`,
    `License: ${license}`,
    ...lines.map((line) => (line.trim() === "" ? " ." : ` ${line.trimEnd()}`)),
    "",
  ].join("\n");
}

function text(license: string): string {
  const found = texts[license];
  if (found === undefined) throw new Error(`packages under ${license} need the text of it here`);
  return found;
}
