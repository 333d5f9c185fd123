#!/usr/bin/env node
import './run.cjs';
