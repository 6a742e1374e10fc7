/**
 * The lengths of the longest texts that are read, in characters. People write YAML, and nobody
 * writes this much of it; the topology of a machine and the refusals of a fleet are JSON and may be
 * long. The YAML bound also keeps the parser's worst case, ten microseconds a character, below a
 * second.
 *
 * The limits are in a module without schemas, because schemas take long to load and a command that
 * only passes a text on does not need them.
 */
export const YAML_LENGTH_MAX: number = 64 * 1024;
/** The longest YAML of a Fleet, which only its operator gives: some hundred characters a host. */
export const YAML_FLEET_LENGTH_MAX: number = 1024 * 1024;
/** The longest JSON that is read, in characters. */
export const JSON_LENGTH_MAX: number = 8 * 1024 * 1024;
