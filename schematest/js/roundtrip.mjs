// Reads the schema with two major versions of graphql-js and writes, as JSON,
// what each check found: [{ version, check, faults }], no faults where all is well.
//
//   node roundtrip.mjs SCHEMA SAME_SCHEMA_PRINTED_BY_ANOTHER_TOOL
import { readFileSync } from 'node:fs'
import * as graphql16 from 'graphql16'
import * as graphql17 from 'graphql17'

const [sdl, reprinted] = process.argv.slice(2, 4).map((file) => readFileSync(file, 'utf8'))

const report = [graphql16, graphql17].flatMap((graphql) =>
  Object.entries(checks(graphql)).map(([check, find]) => ({ version: graphql.version, check, faults: faults(find) })),
)
process.stdout.write(JSON.stringify(report, null, 2) + '\n')

function checks(graphql) {
  const { buildSchema, buildClientSchema, introspectionFromSchema, printSchema, validateSchema } = graphql
  const schema = buildSchema(sdl)
  const print = (some) => printSchema(graphql.lexicographicSortSchema(some))
  const everything = {
    descriptions: true,
    specifiedByUrl: true,
    directiveIsRepeatable: true,
    schemaDescription: true,
    inputValueDeprecation: true,
    oneOf: true,
  }
  return {
    'finds it valid': () => validateSchema(schema).map((error) => error.message),
    'knows the roots': () => [
      ...same('query root', schema.getQueryType()?.name, 'Query'),
      ...same('mutation root', schema.getMutationType()?.name, 'Mutation'),
      ...same('subscription root', schema.getSubscriptionType()?.name, 'SubscriptionRoot'),
    ],
    'takes Subscription for an ordinary type': () => {
      const type = schema.getType('Subscription')
      return [
        ...same('is an object type', graphql.isObjectType(type), true),
        ...same('is the subscription root', type === schema.getSubscriptionType(), false),
        ...same('implements', type.getInterfaces().map(String).join(), 'Node'),
      ]
    },
    'reads back what it prints': () => lines(print(buildSchema(printSchema(schema))), print(schema)),
    'reads back what it tells by introspection': () =>
      lines(print(buildClientSchema(introspectionFromSchema(schema, everything))), print(schema)),
    'reads the same where gqlparser printed it': () => lines(print(buildSchema(reprinted)), print(schema)),
  }
}

function faults(find) {
  try {
    return find()
  } catch (error) {
    return [String(error)]
  }
}

function same(what, got, want) {
  return got === want ? [] : [`${what}: ${got}, want ${want}`]
}

// lines names the first lines in which two prints differ.
function lines(got, want) {
  if (got === want) return []
  const [left, right] = [got.split('\n'), want.split('\n')]
  const differing = right.findIndex((line, i) => line !== left[i])
  const at = differing < 0 ? right.length : differing
  return [`line ${at + 1}: ${left[at]}, want ${right[at]}`]
}
