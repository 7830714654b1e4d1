// The packages that parse code in answers: a file of their own in the build, since they are large and many daemons never
// need them. Imported by parsers.ts alone.

export { parse } from '@babel/parser';
export { parser } from '@lezer/python';
