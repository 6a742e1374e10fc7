import { readFileSync } from "node:fs";
import { RelaxNGValidator, XmlDocument } from "libxml2-wasm";
import { xmlRegisterFsInputProviders } from "libxml2-wasm/lib/nodejs.mjs";
import { DOMAIN_SCHEMA } from "./programs.ts";

/** A judge of domain XML by libvirt's own schema, which gives what is wrong, or null. */
export function domainSchema(): (xml: string) => string | null {
  xmlRegisterFsInputProviders();
  using schema = XmlDocument.fromBuffer(readFileSync(DOMAIN_SCHEMA), { url: DOMAIN_SCHEMA });
  const validator = RelaxNGValidator.fromDoc(schema);
  return (xml) => {
    using document = XmlDocument.fromString(xml);
    try {
      validator.validate(document);
      return null;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };
}
