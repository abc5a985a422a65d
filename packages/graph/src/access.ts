import {
  defaultFieldResolver,
  isObjectType,
  Kind,
  type ConstDirectiveNode,
  type GraphQLField,
  type GraphQLSchema,
} from 'graphql';
import { ChargeGraphError } from '@chargegraph/service';
import { hasAnyRole, partnerRoles, type Caller, type Role } from '@chargegraph/identity';
import type { RequestContext } from './request-context.ts';

const knownRoles: ReadonlySet<string> = new Set<Role>([...partnerRoles, 'SERVICE']);

/** The roles of a field's `@access`, or undefined when everybody who is authenticated may use it. */
export function accessRoles(field: GraphQLField<unknown, unknown>): readonly Role[] | undefined {
  const directive = field.astNode?.directives?.find((node) => node.name.value === 'access');
  if (directive === undefined) return undefined;
  return rolesOf(directive, field.name);
}

function rolesOf(directive: ConstDirectiveNode, fieldName: string): readonly Role[] {
  const value = directive.arguments?.find((argument) => argument.name.value === 'roles')?.value;
  if (value?.kind !== Kind.LIST) throw new Error(`@access on ${fieldName} names no roles`);
  return value.values.map((item) => {
    if (item.kind !== Kind.STRING || !knownRoles.has(item.value)) {
      throw new Error(`@access on ${fieldName} names an unknown role`);
    }
    return item.value as Role;
  });
}

/**
 * Refuses a caller who has none of `roles`.
 *
 * @throws ChargeGraphError FORBIDDEN
 */
export function requireRole(caller: Caller, roles: readonly Role[], fieldName: string): void {
  if (!hasAnyRole(caller, roles)) {
    throw new ChargeGraphError('FORBIDDEN', `None of your roles may use ${fieldName}.`);
  }
}

/** Puts the check of `@access` in front of the resolver of every field that carries it. Changes the schema in place. */
export function enforceAccess(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const roles = accessRoles(field);
      if (roles === undefined) continue;
      const resolve = field.resolve ?? defaultFieldResolver;
      const name = `${type.name}.${field.name}`;
      field.resolve = (source, args, context: RequestContext, info) => {
        requireRole(context.caller, roles, name);
        return resolve(source, args, context, info);
      };
    }
  }
}
