import type { CloudObject } from '@megalith/agent';

/**
 * What is to be cut: the URL of an object, of all below a slash, or a glob, in a store (`s3://bucket/in/*.csv`, `NAME:in/`); an `http(s)` URL; a path of this
 * machine, a folder, or a glob; a pointer that a task gave.
 */
export type DataEntry = string | URL | CloudObject;
export type DataSource = DataEntry | Iterable<DataEntry>;
