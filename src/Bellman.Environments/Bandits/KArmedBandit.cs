namespace Bellman.Environments;

/// <summary>
/// Arms to choose from, each with its own distribution of rewards and nothing to see: every observation is 0, every
/// step one pull. It never terminates; the time limit ends an episode.
/// </summary>
public abstract class KArmedBandit : IEnvironment, IRenderable
{
    private readonly double[] means;
    private readonly int[] pulls;
    private readonly bool redraw;
    private int lastArm;
    private double lastReward;

    /// <summary>Arms as <paramref name="options"/> say.</summary>
    protected KArmedBandit(BanditOptions options)
    {
        means = options.Means.Length > 0 ? [.. options.Means] : new double[options.Arms];
        pulls = new int[means.Length];
        redraw = options.Redraw;
        ActionSpace = new Discrete(means.Length);
        if (options.Means.Length == 0) { DrawMeans(RandomStream.Create((ulong)options.TaskSeed, "bandit means")); }
    }

    /// <inheritdoc/>
    public Space ObservationSpace { get; } = new Discrete(1);

    /// <inheritdoc/>
    public Space ActionSpace { get; }

    /// <summary>Mean reward of each arm.</summary>
    public ReadOnlySpan<double> Means => means;

    /// <inheritdoc/>
    public void Reset(RandomStream random, Span<float> observation)
    {
        if (redraw) { DrawMeans(random); }
        Array.Clear(pulls);
        lastArm = 0;
        lastReward = 0;
        observation[0] = 0;
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        lastArm = (int)action[0];
        lastReward = DrawReward(means[lastArm], random);
        pulls[lastArm]++;
        observation[0] = 0;
        return new StepResult(lastReward);
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Array<double>(nameof(means), means);
        state.Array<int>(nameof(pulls), pulls);
        state.Value(nameof(lastArm), ref lastArm);
        state.Value(nameof(lastReward), ref lastReward);
        foreach (var mean in means) { RestoredState.RequireWithin(state, nameof(means), mean, LowestMean, HighestMean); }
        RestoredState.RequireIndex(state, nameof(lastArm), lastArm, means.Length);
        RestoredState.RequireFinite(state, nameof(lastReward), lastReward);
    }

    /// <inheritdoc/>
    public string RenderText()
    {
        var lines = means.Select((mean, arm) => $"{(arm == lastArm && pulls[arm] > 0 ? '>' : ' ')} arm {arm}  mean {mean:0.000}  pulls {pulls[arm]}");
        return $"{string.Join('\n', lines)}\nlast reward {lastReward:0.000}\n";
    }

    /// <inheritdoc/>
    public RgbImage RenderImage()
    {
        const int Width = 600;
        const int Height = 360;
        const double Middle = 150;
        const double Bottom = 300;
        var canvas = new Canvas(Width, Height, Palette.Background);
        var slot = (Width - 40.0) / means.Length;
        var scale = 115 / Math.Max(1e-9, means.Max(Math.Abs));
        var most = Math.Max(1, pulls.Max());
        for (var arm = 0; arm < means.Length; arm++)
        {
            var x = 20 + arm * slot + slot * 0.18;
            var (top, bottom) = (Math.Min(Middle, Middle - means[arm] * scale), Math.Max(Middle, Middle - means[arm] * scale));
            canvas.Rectangle(x, top, slot * 0.64, bottom - top, arm == lastArm && pulls[arm] > 0 ? Palette.Orange : Palette.Blue);
            canvas.Rectangle(x, Bottom, slot * 0.64, 42.0 * pulls[arm] / most, Palette.Grey);
        }
        canvas.Line(20, Middle, Width - 20, Middle, 1.5, Palette.Ink);
        canvas.Line(20, Bottom, Width - 20, Bottom, 1.5, Palette.Ink);
        canvas.Write("mean reward", 20, 8, 2, Palette.Ink);
        canvas.Write("pulls", 20, Bottom - 16, 2, Palette.Ink);
        return canvas.Image;
    }

    /// <summary>Lowest mean an arm may have.</summary>
    protected virtual double LowestMean => double.MinValue;

    /// <summary>Highest mean an arm may have.</summary>
    protected virtual double HighestMean => double.MaxValue;

    /// <summary>Draws an arm's mean; called while the bandit is made, so it must not read fields.</summary>
    protected abstract double DrawMean(RandomStream random);

    /// <summary>Draws a reward of the arm with this <paramref name="mean"/>.</summary>
    protected abstract double DrawReward(double mean, RandomStream random);

    private void DrawMeans(RandomStream random)
    {
        for (var arm = 0; arm < means.Length; arm++) { means[arm] = DrawMean(random); }
    }
}
