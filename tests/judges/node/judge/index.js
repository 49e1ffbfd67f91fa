// What every script shares: where the sandbox is, and how a check is told.
//
// A check prints one line, `ok   ...` or `FAIL ...`. A section that ends early fails as one check more, so nothing is
// passed over in silence. `run` sets the exit code.
'use strict';

const { isDeepStrictEqual, inspect } = require('util');
const azdev = require('azure-devops-node-api');

const address = process.env.ACCORD_JUDGE_ADDRESS;
const organization = process.env.ACCORD_JUDGE_ORGANIZATION;
const project = process.env.ACCORD_JUDGE_PROJECT;
const token = process.env.ACCORD_JUDGE_TOKEN;
const organizationUrl = `${address}/${organization}`;

let checks = 0;
let failures = 0;

const show = (value) => inspect(value, { depth: 4, breakLength: Infinity });

/** A connection as the client's documentation makes one. */
function connect(withToken = token) {
  return new azdev.WebApi(organizationUrl, azdev.getPersonalAccessTokenHandler(withToken));
}

/** Tells whether something holds; `detail` is shown when it does not. */
function check(what, holds, detail = '') {
  checks += 1;
  if (holds) {
    console.log(`ok   ${what}`);
  } else {
    failures += 1;
    console.log(`FAIL ${what}${detail === '' ? '' : `: ${detail}`}`);
  }
  return Boolean(holds);
}

/** Tells whether two values are equal. */
function equal(what, actual, expected) {
  return check(what, isDeepStrictEqual(actual, expected), `expected ${show(expected)}, got ${show(actual)}`);
}

/** Tells whether a call ends with an error of this status whose message holds the text, and returns the error. */
async function refused(what, call, status, text = '') {
  let answer;
  try {
    answer = await call();
  } catch (error) {
    equal(`${what}: status`, error.statusCode, status);
    check(what, String(error.message).includes(text), `expected ${show(text)} in ${show(error.message)}`);
    return error;
  }
  check(what, false, `expected an error, got ${show(answer)}`);
  return undefined;
}

/** A request to the sandbox's own control surface, for what a script cannot do as a client. */
async function control(method, path, body) {
  const answer = await fetch(`${address}/_sandbox${path}`, {
    method,
    headers: { 'Content-Type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  return text ? JSON.parse(text) : undefined;
}

/** Runs the parts of a script in their order; an exception in one is a failure, and the next one goes on. */
async function run(...sections) {
  for (const section of sections) {
    try {
      await section();
    } catch (error) {
      check(`${section.name} ends early`, false, String(error.message));
      console.log(error.stack);
    }
  }
  console.log(`${checks} checks, ${failures} failed`);
  process.exitCode = failures ? 1 : 0;
}

module.exports = {
  address, organization, project, token, organizationUrl, connect, check, equal, refused, control, run,
};
