import {
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  valueFromAST,
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLSchema,
} from 'graphql';

/**
 * Reads the default values of arguments and input fields anew, with the scalars that the schema has by now: those that it
 * was built with took every value as it was written.
 */
export function readDefaultValues(schema: GraphQLSchema): void {
  const read = (input: GraphQLArgument | GraphQLInputField): void => {
    const written = input.astNode?.defaultValue;
    if (written !== undefined) input.defaultValue = valueFromAST(written, input.type);
  };
  for (const type of Object.values(schema.getTypeMap())) {
    if (isInputObjectType(type)) Object.values(type.getFields()).forEach(read);
    if (isObjectType(type) || isInterfaceType(type)) {
      for (const field of Object.values(type.getFields())) field.args.forEach(read);
    }
  }
}
