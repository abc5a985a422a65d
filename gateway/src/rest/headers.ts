/** Whether a header says this word, in any case. */
export const isHeader = (value: string | string[] | undefined, word: string): boolean =>
  String(value).trim().toLowerCase() === word;
