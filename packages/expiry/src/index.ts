export {
  asOfOneMoment,
  countEnds,
  countRevoked,
  countWith,
  differentValues,
  type Counted,
  type EndCounts,
} from './counts.ts';
export { countWithoutRoot, type ChainsByRoot, type ExpiryKind, type ExpiryOfKind } from './pool-expiry.ts';
export { expiryQuestion, type ExpiryQuestion } from './question.ts';
