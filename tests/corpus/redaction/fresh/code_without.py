"""Source code that handles passwords and tokens and has none."""

from __future__ import annotations

from tests.corpus.redaction.draft import Draft
from tests.corpus.redaction.services import page


def source_of_python(d: Draft) -> None:
    text = '''"""Password reset."""

import hmac
import secrets

TOKEN_BYTES = 32
PASSWORD_FIELD = "password"
API_KEY_HEADER = "X-Api-Key"


def reset(user, password: str, *, token: str) -> None:
    expected = user.reset_token
    if not hmac.compare_digest(token, expected):
        raise ValueError("invalid token")
    user.password_hash = hash_password(password)
    user.api_key = secrets.token_urlsafe(TOKEN_BYTES)
    client = Client(token=os.environ["API_TOKEN"], password=get_password("db"))
    session_token = request.headers.get("x-session-token", "")


def test_login(client):
    assert client.post("/login", data={"user": "kim", "password": PASSWORD}).status_code == 200
'''
    d.kept(
        'PASSWORD_FIELD = "password"',
        "expected = user.reset_token",
        "hmac.compare_digest(token, expected)",
        "user.password_hash = hash_password(password)",
        "secrets.token_urlsafe(TOKEN_BYTES)",
        'token=os.environ["API_TOKEN"], password=get_password("db")',
        'session_token = request.headers.get("x-session-token", "")',
        '"password": PASSWORD}',
    )
    page(d, "https://raw.githubusercontent.com/acme/shop/main/app/reset.py", text)


def source_of_go(d: Draft) -> None:
    text = """package auth

type Config struct {
\tClientSecret string `json:"client_secret" env:"CLIENT_SECRET,required"`
\tPassword     string `yaml:"password" validate:"min=12"`
\tTokenURL     string
}

func (c *Config) Token(ctx context.Context) (*oauth2.Token, error) {
\tpassword := os.Getenv("DB_PASSWORD")
\tapiKey, err := c.secrets.Get(ctx, "prod/api-key")
\tif token := r.Header.Get("Authorization"); token == "" {
\t\treturn nil, fmt.Errorf("missing token: %w", ErrUnauthorized)
\t}
\treq.SetBasicAuth(c.User, c.Password)
\treturn &oauth2.Token{AccessToken: accessToken, TokenType: "Bearer"}, nil
}
"""
    d.kept(
        '`json:"client_secret" env:"CLIENT_SECRET,required"`',
        'password := os.Getenv("DB_PASSWORD")',
        'c.secrets.Get(ctx, "prod/api-key")',
        "req.SetBasicAuth(c.User, c.Password)",
        'AccessToken: accessToken, TokenType: "Bearer"',
        '"missing token: %w"',
    )
    page(d, "https://raw.githubusercontent.com/acme/shop/main/auth/config.go", text)


def source_of_a_front_end(d: Draft) -> None:
    text = """export const useLogin = () => {
  const [password, setPassword] = useState('');
  const { data: token } = useQuery(['token'], fetchToken);
  const secret = process.env.REACT_APP_SECRET ?? '';
  const headers = { Authorization: `Bearer ${token}`, 'X-Csrf-Token': csrfToken };
  if (password !== passwordConfirmation) return t('errors.passwordMismatch');
  localStorage.setItem('access_token', response.data.access_token);
  return api.post('/login', { password: password.trim(), apiKey: config.apiKey });
};
"""
    d.kept(
        "const [password, setPassword] = useState('');",
        "process.env.REACT_APP_SECRET ?? ''",
        "Authorization: `Bearer ${token}`",
        "'X-Csrf-Token': csrfToken",
        "localStorage.setItem('access_token', response.data.access_token);",
        "password: password.trim(), apiKey: config.apiKey",
    )
    page(d, "https://raw.githubusercontent.com/acme/web/main/src/useLogin.ts", text)


def configuration_in_hcl(d: Draft) -> None:
    text = """variable "db_password" {
  type        = string
  sensitive   = true
  description = "Password of the application user"
}
resource "aws_db_instance" "main" {
  password                    = var.db_password
  manage_master_user_password = true
}
resource "aws_secretsmanager_secret_version" "api" {
  secret_id     = aws_secretsmanager_secret.api.id
  secret_string = jsonencode({ token = random_password.api.result })
}
data "aws_ssm_parameter" "token" { name = "/prod/api/token" }
output "password" {
  value     = module.db.master_password
  sensitive = true
}
"""
    d.kept(
        "= var.db_password",
        "manage_master_user_password = true",
        "secret_id     = aws_secretsmanager_secret.api.id",
        "token = random_password.api.result",
        'name = "/prod/api/token"',
        "value     = module.db.master_password",
        "Password of the application user",
    )
    page(d, "https://raw.githubusercontent.com/acme/infra/main/db.tf", text)


def workflow(d: Draft) -> None:
    m = d.mint
    text = f"""on: push
permissions:
  id-token: write
jobs:
  deploy:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@{d.keep(m.sha1())} # v4.2.2
        with:
          token: ${{{{ secrets.GITHUB_TOKEN }}}}
          persist-credentials: false
      - uses: docker/login-action@{d.keep(m.sha1())}
        with:
          username: ${{{{ vars.DOCKER_USER }}}}
          password: ${{{{ secrets.DOCKER_PASSWORD }}}}
      - run: ./deploy.sh --token "$TOKEN"
        env:
          TOKEN: ${{{{ steps.login.outputs.token }}}}
          CACHE_KEY: deps-{d.keep("${{ hashFiles('**/package-lock.json') }}")}
"""
    d.kept(
        "id-token: write",
        "token: ${{ secrets.GITHUB_TOKEN }}",
        "password: ${{ secrets.DOCKER_PASSWORD }}",
        "persist-credentials: false",
        '--token "$TOKEN"',
        "TOKEN: ${{ steps.login.outputs.token }}",
    )
    page(d, "https://raw.githubusercontent.com/acme/shop/main/.github/workflows/deploy.yml", text)
