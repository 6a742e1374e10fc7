import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { didYouMean } from "@evenkeel/core/text/did-you-mean.ts";
import { beyondGuest } from "@evenkeel/core/evidence/guest-report-bounds.ts";
import type { GuestReport } from "@evenkeel/core/evidence/guest-report.ts";
import { checkedTopology } from "@evenkeel/core/topology/check.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { checkedCalibration } from "./checked-calibration.ts";
import { checkedPlan } from "./checked-plan.ts";
import {
  type Document,
  documentKinds,
  type DocumentKind,
  type DocumentOf,
  documentSchemas,
  isDocumentKind,
} from "./document.ts";
import { usesOf } from "./document-uses.ts";
import { foreignManifest, refuseXml } from "./foreign-document.ts";
import { lacksUnit, type PolicyFields } from "./host-policy.ts";
import { JSON_LENGTH_MAX, YAML_FLEET_LENGTH_MAX, YAML_LENGTH_MAX } from "./limits.ts";
import { kindOfFields, meantKind } from "./meant-kind.ts";
import { firstProblem, problemError, shown } from "./problem.ts";
import { parseJson } from "./text/json.ts";
import { formatPath, type Parsed, type Path, placeIn } from "./text/parsed.ts";
import { parseYaml } from "./text/yaml.ts";

/**
 * Reads the documents in a text, in order. Each is checked against its schema; topologies and plans
 * are also checked for contradictions. The text is JSON if the name ends in `.json` or the text
 * starts with `{` or `[`, and YAML otherwise.
 *
 * Throws `json-malformed`, `yaml-malformed`, `document-invalid`, `topology-inconsistent`,
 * `plan-inconsistent` or `file-too-large`, each with the line and column in `where`.
 */
export function readDocuments(text: string, where: string): Document[] {
  return readPlacedDocuments(text, where).map(({ document }) => document);
}

/** A document, and where its fields are in its file: `hosts.yaml:7:11`. */
export interface PlacedDocument<Kind extends DocumentKind = DocumentKind> {
  readonly document: DocumentOf<Kind>;
  /** Where a field is; the document itself for an empty path. */
  readonly placeOf: (path: Path) => string;
}

/** Reads documents as `readDocuments` does, each with its places. Throws as it does. */
export function readPlacedDocuments(
  text: string,
  where: string,
  yamlMax: number = YAML_LENGTH_MAX,
): PlacedDocument[] {
  const source = withoutMark(text);
  const documents = parse(source, where, yamlMax).map((parsed): PlacedDocument => ({
    document: documentOf(parsed, source, where),
    placeOf: (path) => placeIn(where, source, parsed.offsetOf(path)),
  }));
  if (documents.length > 0) return documents;
  throw new EvenkeelError("document-invalid", "it contains no document", {
    where,
    expected: `a document of one of the kinds ${documentKinds.join(", ")}`,
    remedy: /\S/.test(source)
      ? "all of it is comments: begin a document with apiVersion: evenkeel/v1"
      : "it is empty: look at what should have written it; evenkeel schema lists the kinds",
  });
}

/** The longest YAML of a kind: the hosts of a fleet are many, and operators list them by hand. */
const yamlLengthMax = (kind: DocumentKind): number =>
  kind === "Fleet" ? YAML_FLEET_LENGTH_MAX : YAML_LENGTH_MAX;

/** Reads a text with one document of the given kind. Throws as `readDocuments` does. */
export function readDocument<Kind extends DocumentKind>(
  text: string,
  where: string,
  kind: Kind,
): DocumentOf<Kind> {
  return readPlacedDocument(text, where, kind).document;
}

/**
 * Reads a text with one document of the given kind, to say later where a field is that turns out to
 * be wrong. Throws as `readDocuments` does.
 */
export function readPlacedDocument<Kind extends DocumentKind>(
  text: string,
  where: string,
  kind: Kind,
): PlacedDocument<Kind> {
  const placed = readPlacedDocuments(text, where, yamlLengthMax(kind));
  const [only] = placed;
  if (placed.length === 1 && only !== undefined && isOfKind(only.document, kind)) {
    return { document: only.document, placeOf: only.placeOf };
  }
  const documents = placed.map(({ document }) => document);
  throw new EvenkeelError("document-invalid", heldText(documents), {
    where,
    expected: `one ${kind} and nothing else`,
    remedy: usesOf(documents, where),
  });
}

/** Names the kinds of the documents in a text, for an error message. */
export function heldText(documents: readonly Document[]): string {
  const kinds = [...new Set(documents.map(({ kind }) => kind))].join(", ");
  return documents.length === 1
    ? `it contains a ${kinds}`
    : `it contains ${documents.length} documents: ${kinds}`;
}

/**
 * Reads a text with one Topology. Readers of topology sources take this function as their parser.
 */
export function parseTopology(text: string, where: string): Topology {
  return readDocument(text, where, "Topology");
}

/** Whether a document is of a kind; narrows its type. */
export function isOfKind<Kind extends DocumentKind>(
  document: Document,
  kind: Kind,
): document is DocumentOf<Kind> {
  return document.kind === kind;
}

function withoutMark(text: string): string {
  return text.startsWith("\uFEFF") ? text.slice(1) : text;
}

function parse(text: string, where: string, yamlMax: number): readonly Parsed[] {
  const yaml = /\.ya?ml$/i.test(where);
  const json = !yaml && (/\.json$/i.test(where) || /^\s*[[{]/.test(text));
  refuseXml(text, where);
  const max = json ? JSON_LENGTH_MAX : yamlMax;
  if (text.length > max) {
    throw new EvenkeelError("file-too-large", `it is ${text.length} characters long`, {
      where,
      expected: `at most ${max} characters of ${json ? "JSON" : "YAML"}`,
      ...(!json && { remedy: "write it as JSON, which may be longer" }),
    });
  }
  return json ? [parseJson(text, where)] : parseYaml(text, where);
}

function documentOf({ value, offsetOf }: Parsed, text: string, where: string): Document {
  const place = (...path: Path): string => placeIn(where, text, offsetOf(path));
  const kind = kindOf(value, place);
  const result = documentSchemas[kind].safeParse(value);
  if (!result.success) {
    const problem = firstProblem(result.error.issues, kind, value, documentSchemas[kind]);
    throw problemError(problem, `${place(...problem.path)}${hostNamed(value, problem.path)}`);
  }
  switch (result.data.kind) {
    case "Topology":
      if (result.data.calibration !== null) checkedCalibration(result.data.calibration, where);
      return checkedTopology(result.data, where);
    case "Plan":
      return checkedPlan(result.data, where);
    case "VirtualMachine":
    case "Flavor":
      return result.data;
    case "HostPolicy":
      refuseUnitless(result.data, [], place);
      return result.data;
    case "Fleet": {
      const { defaults, hosts } = result.data;
      refuseUnitless(defaults?.policy, ["defaults", "policy"], place);
      for (const [at, { policy }] of hosts.entries()) {
        refuseUnitless(policy, ["hosts", at, "policy"], place);
      }
      return result.data;
    }
    case "Refusal":
    case "Capacity":
    case "GuestContract":
    case "Verdict":
    case "Explanation":
    case "Diagnosis":
    case "Binding":
    case "WorkloadProfile":
    case "Forecast":
      return result.data;
    case "Calibration":
      return checkedCalibration(result.data, where);
    case "GuestReport":
      refuseBeyondGuest(result.data, [], place);
      return result.data;
    case "Evidence":
      if (result.data.guest !== null) refuseBeyondGuest(result.data.guest, ["guest"], place);
      return result.data;
  }
}

/** `memoryPerNode: 16` keeps 16 bytes, which nobody means. */
function refuseUnitless(
  policy: PolicyFields | string | undefined,
  at: Path,
  place: (...path: Path) => string,
): void {
  if (policy === undefined || typeof policy === "string" || !lacksUnit(policy)) return;
  const path = [...at, "reserved", "memoryPerNode"];
  const written = policy.reserved?.memoryPerNode ?? "";
  throw problemError(
    {
      path,
      message: `${formatPath(path)} is ${shown(written)}`,
      expected: "a size from 1Mi, or 0",
      remedy: /^\d+$/.test(written)
        ? `a number alone is bytes: write ${written}Gi`
        : "is its unit right (Mi, Gi)?",
    },
    place(...path),
  );
}

/** The name of the host of a Fleet that a path leads into, for its errors; empty elsewhere. */
function hostNamed(value: unknown, [top, at]: Path): string {
  if (top !== "hosts" || typeof at !== "number") return "";
  const { hosts }: { readonly hosts?: unknown } = Object(value);
  const host: unknown = Array.isArray(hosts) ? hosts[at] : undefined;
  const { name }: { readonly name?: unknown } = Object(host);
  return typeof name === "string" && /^[\w.-]{1,63}$/.test(name) ? ` (${name})` : "";
}

/** A guest may be hostile: its report must be one that a guest can have. */
function refuseBeyondGuest(report: GuestReport, at: Path, place: (...path: Path) => string): void {
  const beyond = beyondGuest(report);
  if (beyond === null) return;
  throw problemError({ ...beyond, remedy: null }, place(...at, ...beyond.path));
}

/** The `kind` of a value. */
function kindOf(value: unknown, place: (...path: Path) => string): DocumentKind {
  const expected = `one of ${documentKinds.join(", ")}`;
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    throw problemError(
      {
        path: [],
        message: `the document is ${shown(value)}`,
        expected: "an object with apiVersion and kind",
        remedy: Array.isArray(value)
          ? "write each item as a document of its own, with a line of --- between two"
          : "begin it with apiVersion: evenkeel/v1, and kind: VirtualMachine or another",
      },
      place(),
    );
  }
  const kind: unknown = Object.hasOwn(value, "kind") ? Reflect.get(value, "kind") : undefined;
  const foreign = foreignManifest(value, isDocumentKind);
  if (foreign !== null) {
    const message = `it is ${foreign.is}`;
    const expectedVersion = "a document of Evenkeel's (apiVersion: evenkeel/v1)";
    throw problemError({ ...foreign, path: [], message, expected: expectedVersion }, place());
  }
  if (typeof kind === "string" && isDocumentKind(kind)) return kind;
  const near =
    typeof kind === "string"
      ? (meantKind(kind) ?? didYouMean(kind, documentKinds))
      : kindOfFields(Object.keys(value));
  throw problemError(
    {
      path: ["kind"],
      message: kind === undefined ? "the document has no kind" : `kind is ${shown(kind)}`,
      expected,
      remedy:
        near === null
          ? "evenkeel schema says what each kind is"
          : kind === undefined
            ? `add kind: ${near}`
            : `did you mean "${near}"?`,
    },
    place("kind"),
  );
}
