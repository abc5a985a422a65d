import { ChargeGraphError } from '@chargegraph/service';

const written = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d(?:\.\d{1,9})?) ?(?:([Zz])|([+-]\d\d):?(\d\d))?$/;

/**
 * A date and time as backends write them: RFC 3339, with a blank for the `T`, without the colon of the offset, or without
 * any offset, which means UTC.
 *
 * @returns the instant as the graph takes it
 * @throws ChargeGraphError BAD_INPUT, in OPCP's words
 */
export function readInstant(text: string, field: 'contractBegins' | 'contractEnds'): string {
  const [, day = '', time = '', , hours, minutes = ''] = written.exec(text.trim()) ?? [];
  const instant = new Date(`${day}T${time}${hours === undefined ? 'Z' : `${hours}:${minutes}`}`);
  // Date takes 30 February for 2 March.
  const sameDay = isoOf(new Date(`${day}T00:00:00Z`))?.startsWith(day) === true;
  const iso = isoOf(instant);
  if (day !== '' && sameDay && !time.startsWith('24') && iso !== undefined) return iso;
  throw new ChargeGraphError('BAD_INPUT', `The ${field} does not match the specification`, { path: [field] });
}

const isoOf = (date: Date) => (Number.isNaN(date.getTime()) ? undefined : date.toISOString());
