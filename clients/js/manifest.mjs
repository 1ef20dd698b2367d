// Writes, where its argument says, the manifest of Apollo's trusted documents, in the form in which
// @apollo/generate-persisted-query-manifest does.
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { InMemoryCache, gql } from '@apollo/client'
import { sortTopLevelDefinitions } from '@apollo/persisted-query-lists'
import { getOperationAST, print } from 'graphql'
import * as documents from './documents.mjs'

const cache = new InMemoryCache()
const operations = Object.values(documents).map((text) => {
  const document = sortTopLevelDefinitions(cache.transformDocument(gql(text)))
  const body = print(document)
  const { operation: type, name } = getOperationAST(document)
  return { id: createHash('sha256').update(body).digest('hex'), name: name.value, type, body }
})
writeFileSync(process.argv[2], JSON.stringify({ format: 'apollo-persisted-query-manifest', version: 1, operations }))
