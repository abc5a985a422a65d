import { ChargeGraphError } from '@chargegraph/service';

/** A finding of Ajv, as far as it is read; `parentSchema` with the option `verbose`. */
export interface Finding {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly parentSchema?: Readonly<Record<string, unknown>>;
}

/**
 * What the contract holds against a request, in OPCP's manner: the field, a colon, what it must be. Fields of a body are
 * named by their path, `contractData.dHpublickey`.
 */
export function validationRefusal([finding]: readonly Finding[]): ChargeGraphError {
  if (finding === undefined) return new ChargeGraphError('BAD_INPUT', 'The request is malformed.');
  const path = finding.instancePath.split('/').slice(1).map(unescapePointer);
  const missing = finding.params['missingProperty'];
  if (finding.keyword === 'required' && typeof missing === 'string') path.push(missing);
  if (path.length === 0) return new ChargeGraphError('BAD_INPUT', 'The body must be a JSON object.');
  return new ChargeGraphError('BAD_INPUT', `${path.join('.')} : ${ruleOf(finding)}`, { path });
}

function ruleOf({ keyword, params, parentSchema = {} }: Finding): string {
  const limit = String(params['limit']);
  switch (keyword) {
    case 'required':
      return 'must not be blank';
    case 'minLength':
      return limit === '1' ? 'must not be blank' : `must have at least ${limit} characters`;
    case 'maxLength':
      return `must have at most ${limit} characters`;
    case 'minItems':
      return `must have at least ${limit} entries`;
    case 'maxItems':
      return `must have at most ${limit} entries`;
    case 'pattern': {
      const allowed = parentSchema['x-allowed'];
      if (Array.isArray(allowed)) return `must be one of ${allowed.join(', ')}`;
      return `must match "${String(parentSchema['x-documented-pattern'] ?? params['pattern'])}"`;
    }
    case 'enum':
      return `must be one of ${(params['allowedValues'] as readonly unknown[]).map(String).join(', ')}`;
    case 'type':
      return `must be ${params['type'] === 'array' || params['type'] === 'object' ? 'an' : 'a'} ${String(params['type'])}`;
    default:
      return 'is malformed';
  }
}

/** RFC 6901. */
const unescapePointer = (part: string) => part.replaceAll('~1', '/').replaceAll('~0', '~');
