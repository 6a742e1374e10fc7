import { basename } from "node:path";
import { buildPackages } from "./build-packages.ts";

// npm runs this in a package's folder before it packs the package.
buildPackages([basename(process.cwd())]);
