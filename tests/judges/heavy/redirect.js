// Loaded before Microsoft's MCP server, which speaks only to https://dev.azure.com: sends what is meant for that host
// to the sandbox at ACCORD_JUDGE_ADDRESS, and refuses every other host, so nothing leaves this machine.
'use strict';

const http = require('http');
const https = require('https');
const Module = require('module');

// The module for the key ring has to be compiled, and a personal access token needs no key ring.
const load = Module._load;
Module._load = (request, ...rest) => (request.endsWith('keytar.node') || request === 'keytar' ? {} : load(request, ...rest));

const sandbox = new URL(process.env.ACCORD_JUDGE_ADDRESS);
const known = new Set(['dev.azure.com', 'vssps.dev.azure.com']);

https.request = (options, callback) => {
  const host = (options.hostname || options.host || '').split(':')[0];
  if (!known.has(host)) {
    throw new Error(`${host} is not the sandbox`);
  }
  const there = { protocol: 'http:', host: sandbox.hostname, hostname: sandbox.hostname, port: sandbox.port, agent: undefined };
  return http.request({ ...options, ...there }, callback);
};

const plain = globalThis.fetch;
globalThis.fetch = (input, init) => {
  const url = new URL(input instanceof Request ? input.url : input);
  if (!known.has(url.hostname)) {
    return Promise.reject(new Error(`${url.hostname} is not the sandbox`));
  }
  const there = new URL(url.pathname + url.search, sandbox);
  return plain(input instanceof Request ? new Request(there, input) : there, init);
};
