using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Bellman.Tests.Language.Remote;

/// <summary>
/// A server on the loopback interface that answers as it is told, badly if need be: the bytes that a script returns are sent and the
/// connection is closed; null keeps it open without a word.
/// </summary>
internal sealed class ScriptedServer : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly Func<int, string, byte[]?> script;
    private int requests;

    /// <param name="script">From the number of the request, from 0, and its body to the bytes of the answer.</param>
    public ScriptedServer(Func<int, string, byte[]?> script)
    {
        this.script = script;
        listener.Start();
        _ = Serve();
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/v1/");

    public int Requests => requests;

    public static byte[] Json(string body, int status = 200, string headers = "") =>
        Encoding.UTF8.GetBytes($"HTTP/1.1 {status} Status\r\nContent-Type: application/json\r\nConnection: close\r\n{headers}Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");

    public void Dispose()
    {
        stop.Cancel();
        listener.Stop();
        stop.Dispose();
    }

    private async Task Serve()
    {
        while (!stop.IsCancellationRequested)
        {
            TcpClient client;
            try
            {
                client = await listener.AcceptTcpClientAsync(stop.Token);
            }
            catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
            _ = Answer(client);
        }
    }

    private async Task Answer(TcpClient client)
    {
        using (client)
        {
            try
            {
                var stream = client.GetStream();
                var answer = script(Interlocked.Increment(ref requests) - 1, await Body(stream, stop.Token));
                if (answer is null) { await Task.Delay(Timeout.Infinite, stop.Token); return; }
                await stream.WriteAsync(answer, stop.Token);
            }
            catch (Exception error) when (error is IOException or OperationCanceledException)
            {
                // The other side gave up, as some tests want.
            }
        }
    }

    private static async Task<string> Body(NetworkStream stream, CancellationToken cancellation)
    {
        var bytes = new List<byte>();
        var buffer = new byte[4096];
        while (true)
        {
            var text = Encoding.UTF8.GetString([.. bytes]);
            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end >= 0)
            {
                var length = text[..end].Split("\r\n").Where(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase)).Select(line => int.Parse(line[15..])).FirstOrDefault();
                var body = Encoding.UTF8.GetBytes(text[..(end + 4)]).Length;
                if (bytes.Count >= body + length) { return Encoding.UTF8.GetString([.. bytes.Skip(body)]); }
            }
            var count = await stream.ReadAsync(buffer, cancellation);
            if (count == 0) { return ""; }
            bytes.AddRange(buffer.AsSpan(0, count));
        }
    }
}
