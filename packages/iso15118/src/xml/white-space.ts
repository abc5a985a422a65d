/** Whether a text is white space of XML 1.0 (production S) only. */
export function isWhiteSpace(text: string): boolean {
  return /^[ \t\n\r]*$/.test(text);
}

/** A text without the white space around it, as most types of XML Schema are read. */
export function collapse(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isWhiteSpace(text.charAt(start))) start++;
  while (end > start && isWhiteSpace(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}
