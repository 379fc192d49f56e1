// What both pages have in common: what the address says, and what is shown.

const given = new URLSearchParams(location.hash.slice(1));

export const api = given.get('api') ?? 'http://127.0.0.1:8000/graphql';
export const id = given.get('id');
export const credentials = given.get('token') ? { Authorization: `Bearer ${given.get('token')}` } : {};

const element = (name) => document.getElementById(name);

export function showExecution({ status, progress }) {
  element('bar').value = progress;
  element('status').textContent = status;
}

export function showEvent({ seq, message }) {
  const item = document.createElement('li');
  item.value = Number(seq);
  item.textContent = message;
  element('events').append(item);
}

export function showLine(text) {
  element('line').textContent = text;
}
