/**
 * The longest texts that are read, in characters. People write YAML and no one writes this much of
 * it; a machine's topology and a fleet's refusals are JSON and may be long. The YAML bound also
 * keeps the parser's worst case, ten microseconds a character, below a second.
 *
 * They stand by themselves because who only hands a text on needs no schemas, which take long to
 * load.
 */
export const YAML_LENGTH_MAX: number = 64 * 1024;
/** The longest JSON that is read, in characters. */
export const JSON_LENGTH_MAX: number = 8 * 1024 * 1024;
