// A tone for each incident that rises and waits for somebody. Made by the page: no file, no network.

const TONES = { emergency: [880, 660, 880, 660], alarm: [784, 784, 784], warning: [587, 587], caution: [] };
const STEP_S = 0.22;

export class Sound {
  constructor() {
    this.context = null;
  }

  get isOn() {
    return this.context !== null;
  }

  /** Browsers allow sound only after somebody has pressed something: this is called from a button. */
  toggle() {
    if (this.context) {
      this.context.close();
      this.context = null;
    } else {
      this.context = new AudioContext();
      this.play("warning");
    }
    return this.isOn;
  }

  play(priority) {
    if (!this.context) return;
    (TONES[priority] || []).forEach((hertz, i) => {
      const [tone, volume] = [this.context.createOscillator(), this.context.createGain()];
      const from = this.context.currentTime + i * STEP_S;
      tone.frequency.value = hertz;
      volume.gain.setValueAtTime(0.2, from);
      volume.gain.exponentialRampToValueAtTime(0.001, from + STEP_S * 0.9);
      tone.connect(volume).connect(this.context.destination);
      tone.start(from);
      tone.stop(from + STEP_S);
    });
  }
}
