export { createToldChecker, statusOf, type Told, type ToldChecker } from './told-checker.ts';
