using Bellman.Environments;
using Bellman.Runs;
using ImageMagick;

namespace Bellman.Cli;

/// <summary>Plays one episode of a policy, as text or as a GIF.</summary>
internal static class Replay
{
    // A GIF counts hundredths of a second; browsers slow down anything faster than 2.
    private const uint FrameDelay = 4;
    private const int LongestGif = 1_000;

    public static void Show(Terminal terminal, IPolicy policy, RunConfiguration configuration, string target, bool deterministic)
    {
        var environment = StandardEnvironments.Registry().Make(configuration.Environment);
        var picture = environment.Find<IRenderable>()
            ?? throw new UsageException($"{configuration.Environment} cannot be drawn. Evaluate it without --render.");
        var random = RandomStream.Create(Agents.ReportSeed(configuration.Seed), "replay");
        var actions = deterministic ? null : random.Child("action");
        if (target == "text")
        {
            Play(environment, policy, random, actions, (step, reward) =>
            {
                terminal.Output.WriteLine($"step {step}, return {reward:0.##}");
                terminal.Output.WriteLine(picture.RenderText());
            }, terminal.Cancellation);
            return;
        }
        using var frames = new MagickImageCollection();
        Play(environment, policy, random, actions, (step, _) =>
        {
            if (step >= LongestGif) { return; }
            var image = picture.RenderImage();
            var settings = new PixelReadSettings((uint)image.Width, (uint)image.Height, StorageType.Char, PixelMapping.RGB);
            frames.Add(new MagickImage(image.Pixels, settings) { AnimationDelay = FrameDelay, Format = MagickFormat.Gif });
        }, terminal.Cancellation);
        frames.OptimizeTransparency();
        var folder = Path.GetDirectoryName(Path.GetFullPath(target));
        if (folder is not null) { Directory.CreateDirectory(folder); }
        var temporary = target + ".writing";
        frames.Write(temporary, MagickFormat.Gif);
        File.Move(temporary, target, overwrite: true);
        terminal.Output.WriteLine($"{frames.Count} frames in {target}");
    }

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
            show(step, total);
            if (result.Done) { return; }
        }
    }
}
