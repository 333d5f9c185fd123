#!/usr/bin/env node
// CommonJS, which Node begins to run 5 ms sooner than a module.
const nodeModule = require('node:module');
const { dirname } = require('node:path');

// Node 22 and later keep compiled code between runs.
nodeModule.enableCompileCache?.();
const { start } = require('../dist/bundle/start.cjs');
start(process.argv.slice(2), dirname(__dirname));
