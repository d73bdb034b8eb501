import { OPA_VERSION, opaCacheFolder } from '../packages/rego/src/opa-command.ts';
export { OPA_VERSION, opaCacheFolder };
export type FoundOpa = {
    readonly ok: true;
    readonly path: string;
} | {
    readonly ok: false;
    readonly reason: string;
};
/**
 * OPA of the right version: the setting GATEHOUSE_OPA, else the PATH, else the cache folder. A program of another
 * version is passed over; where GATEHOUSE_OPA names one, that is the reason given.
 */
export declare function findOpa(env?: NodeJS.ProcessEnv): FoundOpa;
/** Runs OPA in a folder and returns what it printed. Throws with what it said where it fails. */
export declare function runOpa(opa: string, args: readonly string[], folder: string, input?: string): string;
