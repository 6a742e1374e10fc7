// Control characters and the marks that turn the direction of text could rewrite what a terminal
// shows, and names come from files that anybody may have written. Half a surrogate pair is no text,
// and the last two code points of the basic plane may not stand in XML.
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u{fffe}\u{ffff}]/gu;

/** The text with `�` for every character that a terminal or a page could act on. */
export function printable(text: string): string {
  return text.replaceAll(unprintable, "\u{fffd}");
}
