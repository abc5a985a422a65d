/** The same day and time so many calendar years later (UTC); 29 February becomes 1 March where there is none. */
export function addYears(date: Date, years: number): Date {
  const later = new Date(date);
  later.setUTCFullYear(later.getUTCFullYear() + years);
  return later;
}

/** The earlier of two instants. */
export function minimumDate(a: Date, b: Date): Date {
  return a < b ? a : b;
}
