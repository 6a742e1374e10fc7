/** A color in light and in dark mode. */
type Color = readonly [light: string, dark: string];

/** The paint of a class of SVG elements: colors, and other declarations that hold in both modes. */
export interface Paint {
  readonly fill?: Color;
  readonly stroke?: Color;
  readonly more?: string;
}

/** The colors of text: plain, and less important. */
export const ink: Color = ["#1b2430", "#e6ebf2"];
export const quiet: Color = ["#667085", "#94a1b5"];

export const fonts =
  "font-family:system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',Arial,sans-serif";

/**
 * The rules of a style sheet for drawings: light, and dark where the reader prefers that. They are
 * scoped to the drawing. Colors are in classes rather than CSS variables, which not every viewer of
 * SVG knows.
 */
export function paintRules(paints: Readonly<Record<string, Paint>>): string {
  const rules = (scheme: 0 | 1): string =>
    Object.entries(paints)
      .map(([name, { fill, stroke, more = "" }]) => {
        const parts = [
          ...(fill === undefined ? [] : [`fill:${fill[scheme]}`]),
          ...(stroke === undefined ? [] : [`stroke:${stroke[scheme]}`]),
          ...(scheme === 1 || more === "" ? [] : [more]),
        ];
        return `.evenkeel .${name}{${parts.join(";")}}`;
      })
      .join("");
  return `${rules(0)}@media (prefers-color-scheme:dark){${rules(1)}}`;
}
