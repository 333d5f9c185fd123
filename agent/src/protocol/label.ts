/** How sensitive data can be, the least first. */
export const labels = ['public', 'internal', 'confidential', 'restricted'] as const;

/** How sensitive data is. */
export type Label = (typeof labels)[number];

export function isLabel(value: unknown): value is Label {
  return (labels as readonly unknown[]).includes(value);
}

export function isLower(label: Label, other: Label): boolean {
  return labels.indexOf(label) < labels.indexOf(other);
}

/** The higher of two; an unset one is lower than any. */
export function higherLabel(label: Label, other: Label | undefined): Label {
  return other === undefined || isLower(other, label) ? label : other;
}
