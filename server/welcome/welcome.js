'use strict';
const $ = (id) => document.getElementById(id);
const [purpose, token] = location.hash.slice(1).split('=');
const ways = {
  invitation: {
    what: 'You were invited. Choose a password of at least 10 characters. 您已受邀,請設定至少 10 個字元的密碼。',
    query: 'mutation($i: InvitationAcceptInput!) { done: invitationAccept(input: $i) { viewer { name } userErrors { message } } }',
  },
  reset: {
    what: 'Choose a new password of at least 10 characters. 請設定至少 10 個字元的新密碼。',
    query: 'mutation($i: PasswordResetCompleteInput!) { done: passwordResetComplete(input: $i) { viewer { name } userErrors { message } } }',
  },
};
const way = ways[purpose];
if (!way || !token) {
  $('said').textContent = 'This link is not complete. 連結不完整。';
} else {
  // The token leaves the address bar and the history at once.
  history.replaceState(null, '', location.pathname);
  $('what').textContent = way.what;
  $('nameLabel').hidden = purpose !== 'invitation';
  $('form').hidden = false;
}
$('form').addEventListener('submit', async (event) => {
  event.preventDefault();
  $('said').textContent = '';
  const input = { token, password: $('password').value };
  if (purpose === 'invitation' && $('name').value) input.name = $('name').value;
  try {
    const answer = await fetch('graphql', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ query: way.query, variables: { i: input } }),
    }).then((r) => r.json());
    const errors = answer.errors || answer.data.done.userErrors;
    if (errors.length) {
      $('said').textContent = errors[0].message;
      return;
    }
    $('form').hidden = true;
    $('next').hidden = false;
  } catch {
    $('said').textContent = 'The server did not answer; try again. 伺服器沒有回應,請再試一次。';
  }
});
