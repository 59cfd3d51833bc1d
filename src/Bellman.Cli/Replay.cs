using System.Text;
using System.Text.RegularExpressions;
using Bellman.Experiments;
using Bellman.Papers;
using Bellman.Runs;
using ImageMagick;

namespace Bellman.Cli;

/// <summary>Plays one episode of a policy: text on the terminal or in a file, or a moving picture.</summary>
internal static partial class Replay
{
    // A GIF counts hundredths of a second; browsers slow down anything faster than 2.
    private const uint FrameDelay = 4;
    private const int LongestPicture = 1_000;

    /// <summary>Refuses what <see cref="Show"/> could not write, before anything is played.</summary>
    /// <exception cref="UsageException">The target is neither text nor of a known ending.</exception>
    public static void RequireTarget(string target)
    {
        if (IsTerminal(target) || IsTextFile(target) || PictureFormat(target) is not null) { return; }
        var film = Path.GetExtension(target).ToLowerInvariant() is ".mp4" or ".webm" or ".mov" or ".avi" or ".mkv";
        throw new UsageException(film
            ? $"--render cannot be '{target}': film formats need an encoder that is not here. Write {Path.ChangeExtension(target, ".gif")} or {Path.ChangeExtension(target, ".webp")}; ffmpeg -i {Path.GetFileName(Path.ChangeExtension(target, ".gif"))} {Path.GetFileName(target)} makes a film of it."
            : $"--render cannot be '{target}': write text, -, or a path that ends in .txt, .gif or .webp.");
    }

    public static void Show(Terminal terminal, IPolicy policy, RunConfiguration configuration, string target, bool deterministic)
    {
        var environment = AllEnvironments.Registry().Make(configuration.Environment);
        var picture = environment.Find<IRenderable>()
            ?? throw new UsageException($"{configuration.Environment} cannot be drawn. Evaluate it without --render.");
        var random = RandomStream.Create(Agents.ReportSeed(configuration.Seed), "replay");
        var actions = deterministic ? null : random.Child("action");
        void Play(Action<int, double> show) => Replay.Play(environment, policy, random, actions, show, terminal.Cancellation);
        if (IsTerminal(target)) { Play((step, total) => terminal.Output.WriteLine(Frame(picture, step, total))); }
        else if (IsTextFile(target)) { WriteText(terminal, picture, target, Play); }
        else { WritePicture(terminal, picture, target, Play); }
    }

    private static bool IsTerminal(string target) => target is "text" or "-";

    private static bool IsTextFile(string target) => target.EndsWith(".txt", StringComparison.OrdinalIgnoreCase);

    private static MagickFormat? PictureFormat(string target) => Path.GetExtension(target).ToLowerInvariant() switch
    {
        ".gif" => MagickFormat.Gif,
        ".webp" => MagickFormat.WebP,
        _ => null,
    };

    private static string Frame(IRenderable picture, int step, double total) => $"step {step}, return {total:0.##}\n{picture.RenderText()}";

    private static void WriteText(Terminal terminal, IRenderable picture, string target, Action<Action<int, double>> play)
    {
        var text = new StringBuilder();
        var frames = 0;
        play((step, total) =>
        {
            // Colours are for terminals.
            text.Append(Colour().Replace(Frame(picture, step, total), "")).Append('\n');
            frames++;
        });
        WholeFile.Write(target, text.ToString());
        terminal.Output.WriteLine($"{frames} frames in {target}");
    }

    private static void WritePicture(Terminal terminal, IRenderable picture, string target, Action<Action<int, double>> play)
    {
        var format = PictureFormat(target) ?? MagickFormat.Gif;
        using var frames = new MagickImageCollection();
        var played = 0;
        play((step, _) =>
        {
            played++;
            if (step >= LongestPicture) { return; }
            var image = picture.RenderImage();
            var settings = new PixelReadSettings((uint)image.Width, (uint)image.Height, StorageType.Char, PixelMapping.RGB);
            frames.Add(new MagickImage(image.Pixels, settings) { AnimationDelay = FrameDelay, AnimationTicksPerSecond = 100, Format = format });
        });
        if (format == MagickFormat.Gif) { frames.OptimizeTransparency(); }
        WholeFile.Write(target, frames.ToByteArray(format));
        terminal.Output.WriteLine(played > frames.Count ? $"The first {frames.Count} of {played} frames in {target}" : $"{frames.Count} frames in {target}");
    }

    [GeneratedRegex(@"\x1b\[[0-9;]*m")]
    private static partial Regex Colour();

    private static void Play(IEnvironment environment, IPolicy policy, RandomStream random, RandomStream? actions, Action<int, double> show, CancellationToken cancellation)
    {
        var observation = new float[environment.ObservationSpace.Size];
        var action = new float[environment.ActionSpace.Size];
        environment.Reset(random, observation);
        show(0, 0);
        policy.Begin([true]);
        var (mask, available) = (environment.Find<IActionMask>(), new bool[environment.ActionSpace.FlatSize]);
        var total = 0.0;
        for (var step = 1; ; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            if (mask is not null && policy is IMaskedPolicy masked)
            {
                mask.WriteActionMask(available);
                masked.Act(observation, available, 1, action, actions);
            }
            else
            {
                policy.Act(observation, 1, action, actions);
            }
            var result = environment.Step(action, random, observation);
            total += result.Reward;
            policy.Earned([(float)result.Reward]);
            show(step, total);
            if (result.Done) { return; }
        }
    }
}
