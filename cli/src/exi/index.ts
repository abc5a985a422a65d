export { exiCommands, type ExiCommand } from './commands.ts';
export { runExi } from './run.ts';
