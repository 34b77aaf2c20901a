using System.Net.Http.Headers;
using System.Text.Json;
using Gateway.Admin.Endpoints;
using Gateway.Health.Model;

namespace Gateway.Cli;

/// <summary>The admin endpoint's reply: the value, or a sentence that says why it is missing.</summary>
internal readonly record struct AdminResponse<T>(T? Value, string? Problem)
    where T : class;

/// <summary>Talks to the admin endpoint of a running gateway. It throws nothing: what goes wrong is a sentence for the operator.</summary>
internal sealed class AdminClient : IDisposable
{
    // A verb may take ten seconds there; two more are for the way.
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(12);

    private readonly HttpClient _client;

    private readonly AdminEndpoint _endpoint;
    private readonly AdminTrust _trust;

    public AdminClient(AdminEndpoint endpoint)
    {
        _endpoint = endpoint;
        _trust = new AdminTrust(endpoint.Trusted);

        // A proxy of the environment is meant for the world outside, not for a port of our own.
        _client = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectTimeout = TimeSpan.FromSeconds(3),
            SslOptions =
            {
                RemoteCertificateValidationCallback = _trust.Validate,
                ClientCertificateContext = endpoint.Certificate,
            },
        })
        {
            BaseAddress = endpoint.Url,
            Timeout = Deadline
        };
        if (endpoint.Token is { } token)
        {
            _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }
    }

    /// <summary>The name of the gateway that answered last; null: none did, or it does not say.</summary>
    public string? Gateway { get; private set; }

    /// <summary>The status of the last response; null: there was none.</summary>
    public int? Status { get; private set; }

    /// <summary>Reads a value.</summary>
    public Task<AdminResponse<T>> GetAsync<T>(string path, CancellationToken cancellationToken)
        where T : class => SendAsync<T>(HttpMethod.Get, path, null, cancellationToken);

    /// <summary>Makes a change.</summary>
    public Task<AdminResponse<VerbResult>> SendAsync(
        HttpMethod method,
        string path,
        VerbRequest request,
        CancellationToken cancellationToken) =>
        SendAsync<VerbResult>(method, path, request, cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private async Task<AdminResponse<T>> SendAsync<T>(HttpMethod method, string path, object? body, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            using var request = new HttpRequestMessage(method, path);
            if (body is not null)
            {
                request.Content = JsonContent.Create(body, body.GetType(), mediaType: null, AdminJson.Options);
            }

            using var response = await _client.SendAsync(request, cancellationToken);
            Status = (int)response.StatusCode;
            Gateway = response.Headers.TryGetValues(AdminServer.NameHeader, out var names)
                ? string.Concat(names.First().Where(static letter => letter is > ' ' and <= '~').Take(128))
                : null;
            if (response.IsSuccessStatusCode)
            {
                return new(await response.Content.ReadFromJsonAsync<T>(AdminJson.Options, cancellationToken), null);
            }

            return new(null, await ProblemAsync(response, cancellationToken));
        }
        catch (HttpRequestException) when (_trust.Refused is { } reason)
        {
            return new(
                null,
                $"The certificate at \"{_client.BaseAddress}\" is not trusted: {reason}. Name the file of the certificate, or of its "
                    + $"authority, with --ca FILE.");
        }
        catch (HttpRequestException e)
        {
            return new(
                null,
                $"No gateway answers at \"{_client.BaseAddress}\" ({Why(e)}). Start it with {ProgramName.Current} run, or name the admin "
                    + $"endpoint with --admin URL.");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new(
                null,
                $"The gateway at \"{_client.BaseAddress}\" did not answer within {Deadline.TotalSeconds:0} s. Whether it did what was "
                    + $"asked is unknown: look at {ProgramName.Current} journal.");
        }
        catch (JsonException)
        {
            return new(
                null,
                $"What answers at \"{_client.BaseAddress}\" is no gateway of this version. Name the admin endpoint with --admin URL.");
        }
    }

    private async Task<string> ProblemAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        // With a certificate and no token the gateway itself says what is wrong.
        if (response.StatusCode == System.Net.HttpStatusCode.Unauthorized && (_endpoint.Certificate is null || _endpoint.Token is not null))
        {
            var isHttps = string.Equals(_endpoint.Url.Scheme, Uri.UriSchemeHttps, StringComparison.Ordinal);
            return _endpoint.TokenSource is { } source
                ? $"The admin endpoint at \"{_client.BaseAddress}\" is there and refuses the token (401), which came from {source}. "
                    + $"Correct it there."
                : $"The admin endpoint at \"{_client.BaseAddress}\" asks for its token (401). Set {AdminTarget.TokenVariable}, or name the "
                    + $"configuration with --config FILE{(isHttps ? ", or a client certificate with --cert" : "")}.";
        }

        try
        {
            var problem = await response.Content.ReadFromJsonAsync<JsonElement>(AdminJson.Options, cancellationToken);
            if (problem.ValueKind == JsonValueKind.Object
                && problem.TryGetProperty("detail", out var detail)
                && detail.GetString() is { } said)
            {
                return said;
            }
        }
        catch (JsonException)
        {
            // Not ours, so that its status is all that can be said.
        }

        return $"\"{_client.BaseAddress}\" answered with status {(int)response.StatusCode}, as no gateway does. Name the admin endpoint "
            + $"with --admin URL.";
    }

    private static string Why(HttpRequestException e) => e.HttpRequestError switch
    {
        HttpRequestError.ResponseEnded or HttpRequestError.InvalidResponse => "what answers does not speak HTTP",
        _ => FailureCauses.WordsOf(FailureCauses.Of(e)),
    };
}
