export {
  createTestResponder,
  type ReceivedRequest,
  type ResponderBehaviour,
  type TestResponder,
  type TestResponderOptions,
} from './test-responder.ts';
export {
  makeOcspAnswer,
  makeOcspError,
  readOcspRequest,
  type KnownStatus,
  type OcspAnswerRequest,
  type ReceivedQuestion,
} from './ocsp-answer-maker.ts';
export { readCrlEntries, type ReadCrlEntry } from './crl-reader.ts';
export { extension, makeCrl, type CrlEntryRequest, type CrlRequest } from './crl-maker.ts';
