using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Text;
using System.Text.Json;
using Gateway.Configuration.Model;
using Gateway.Configuration.Values;
using Gateway.Server.Acme.Messages;

namespace Gateway.Server.Acme;

/// <summary>
/// Signed requests of one account to one authority (RFC 8555, section 6): each carries a nonce of the response before it. Not for several
/// requests at once.
/// </summary>
internal sealed class AcmeSession : IDisposable
{
    private const int MaxResponse = 1024 * 1024;
    private const int BadNonceTries = 8;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private readonly AcmeConfig _config;
    private readonly AcmeAccountKey _key;
    private readonly HttpClient _client;
    private AcmeDirectory? _directory;
    private Uri? _account;
    private string? _nonce;

    public AcmeSession(AcmeConfig config, AcmeAccountKey key)
    {
        _config = config;
        _key = key;
        var ssl = new SslClientAuthenticationOptions();
        if (config.Ca is { } file)
        {
            ssl.CertificateChainPolicy = PemFiles.Trusting(PemFiles.Authorities(file));
        }

        _client = new HttpClient(new SocketsHttpHandler { SslOptions = ssl, ConnectTimeout = TimeSpan.FromSeconds(10) })
        {
            Timeout = Deadline,
            MaxResponseContentBufferSize = MaxResponse,
        };
        _client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue(new ProductHeaderValue("gateway")));
    }

    /// <summary>Signs in: makes the account, or finds the one that the key has.</summary>
    /// <returns>The authority's resources.</returns>
    /// <exception cref="AcmeException">The authority cannot be reached, or refuses.</exception>
    public async Task<AcmeDirectory> OpenAsync(CancellationToken cancellationToken)
    {
        using (var response = await CallAsync(new HttpRequestMessage(HttpMethod.Get, _config.Directory), cancellationToken)
            .ConfigureAwait(false))
        {
            await ThrowUnlessGoodAsync(response, cancellationToken).ConfigureAwait(false);
            _directory = await ReadAsync<AcmeDirectory>(response, cancellationToken).ConfigureAwait(false);
        }

        var contact = _config.Email is { } email ? new[] { $"mailto:{email}" } : [];
        using var made = await PostAsync(
            _directory.NewAccount, new { TermsOfServiceAgreed = true, Contact = contact }, accept: null, cancellationToken)
            .ConfigureAwait(false);
        _account = LocationOf(made) ?? throw new AcmeException("the authority names no account");
        return _directory;
    }

    /// <summary>Posts, and reads what comes back.</summary>
    /// <returns>The object, and where it is from now on, if the authority says.</returns>
    public async Task<(T Value, Uri? Location)> PostAsync<T>(Uri url, object payload, CancellationToken cancellationToken)
        where T : class
    {
        using var response = await PostAsync(url, payload, accept: null, cancellationToken).ConfigureAwait(false);
        return (await ReadAsync<T>(response, cancellationToken).ConfigureAwait(false), LocationOf(response));
    }

    /// <summary>Reads an object (POST-as-GET).</summary>
    /// <returns>The object, and how long to wait before it is read again, if the authority says.</returns>
    public async Task<(T Value, TimeSpan? RetryAfter)> GetAsync<T>(Uri url, CancellationToken cancellationToken)
        where T : class
    {
        using var response = await PostAsync(url, payload: null, accept: null, cancellationToken).ConfigureAwait(false);
        return (await ReadAsync<T>(response, cancellationToken).ConfigureAwait(false), response.Headers.RetryAfter?.Delta);
    }

    /// <summary>Reads a certificate and its chain as PEM.</summary>
    public async Task<string> DownloadAsync(Uri url, CancellationToken cancellationToken)
    {
        using var response = await PostAsync(url, payload: null, "application/pem-certificate-chain", cancellationToken)
            .ConfigureAwait(false);
        return await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private async Task<HttpResponseMessage> PostAsync(Uri url, object? payload, string? accept, CancellationToken cancellationToken)
    {
        var text = payload is null ? "" : JsonSerializer.Serialize(payload, Json);
        for (var tried = 1; ; tried++)
        {
            var nonce = _nonce ?? await NewNonceAsync(cancellationToken).ConfigureAwait(false);
            _nonce = null;
            using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new StringContent(Signed(url, nonce, text)) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/jose+json");
            if (accept is not null)
            {
                request.Headers.Accept.ParseAdd(accept);
            }

            var response = await CallAsync(request, cancellationToken).ConfigureAwait(false);
            if (response.IsSuccessStatusCode)
            {
                return response;
            }

            using (response)
            {
                // A nonce may have ended since; the refusal brings a fresh one (section 6.5).
                if (response.StatusCode != HttpStatusCode.BadRequest
                    || tried == BadNonceTries
                    || await ProblemOfAsync(response, cancellationToken).ConfigureAwait(false) is not { Type: AcmeProblem.BadNonce })
                {
                    await ThrowUnlessGoodAsync(response, cancellationToken).ConfigureAwait(false);
                }
            }
        }
    }

    // With the key itself until there is an account, then with the account's URL.
    private string Signed(Uri url, string nonce, string payload)
    {
        var by = _account is { } account ? $"\"kid\":{JsonSerializer.Serialize(account.OriginalString)}" : $"\"jwk\":{_key.Jwk}";
        var (fresh, to) = (JsonSerializer.Serialize(nonce), JsonSerializer.Serialize(url.OriginalString));
        return _key.Sign($$"""{"alg":"ES256","nonce":{{fresh}},"url":{{to}},{{by}}}""", payload);
    }

    private async Task<string> NewNonceAsync(CancellationToken cancellationToken)
    {
        using var response = await CallAsync(new HttpRequestMessage(HttpMethod.Head, _directory!.NewNonce), cancellationToken)
            .ConfigureAwait(false);
        await ThrowUnlessGoodAsync(response, cancellationToken).ConfigureAwait(false);
        return _nonce ?? throw new AcmeException("the authority gives no nonce");
    }

    private async Task<HttpResponseMessage> CallAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            var response = await _client.SendAsync(request, cancellationToken).ConfigureAwait(false);
            _nonce = response.Headers.TryGetValues("Replay-Nonce", out var nonces) ? nonces.First() : _nonce;
            return response;
        }
        catch (HttpRequestException e)
        {
            throw new AcmeException($"{request.RequestUri!.Authority} cannot be reached ({e.HttpRequestError}: {e.Message})", e);
        }
        catch (Exception e) when (e is InvalidOperationException or NotSupportedException)
        {
            throw new AcmeException($"the authority names \"{request.RequestUri}\", which is not an https URL", e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new AcmeException($"{request.RequestUri!.Authority} does not answer within {Deadline.TotalSeconds:0} s", e);
        }
    }

    private static Uri? LocationOf(HttpResponseMessage response) =>
        response.Headers.Location is { } location ? new Uri(response.RequestMessage!.RequestUri!, location) : null;

    private static async Task ThrowUnlessGoodAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.IsSuccessStatusCode)
        {
            return;
        }

        var problem = await ProblemOfAsync(response, cancellationToken).ConfigureAwait(false);
        throw new AcmeException(
            $"{response.RequestMessage!.RequestUri!.Authority} answers with {(int)response.StatusCode}"
                + (problem is null ? "" : $" ({problem})"),
            response.Headers.RetryAfter?.Delta);
    }

    private static async Task<AcmeProblem?> ProblemOfAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            // Buffered by then: it may be read again.
            var text = await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
            return JsonSerializer.Deserialize<AcmeProblem>(text, Json);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static async Task<T> ReadAsync<T>(HttpResponseMessage response, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            var bytes = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
            return JsonSerializer.Deserialize<T>(Encoding.UTF8.GetString(bytes), Json) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw new AcmeException($"{response.RequestMessage!.RequestUri} answers with something else than RFC 8555 says", e);
        }
    }
}
