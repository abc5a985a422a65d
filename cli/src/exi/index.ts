export { exiCommands, isExiCommand, type ExiCommand } from './commands.ts';
export { runExi } from './run.ts';
